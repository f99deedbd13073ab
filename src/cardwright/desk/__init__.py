"""The review desk: a registry of dossiers that people open in a browser, where they comment and sign with passkeys.

The desk decides nothing. It keeps dossiers as they arrived, shows them, has people sign over them with keys that it never holds,
and answers what `verify` answers under its own trust file. Its libraries come with the extra `desk`.
"""
