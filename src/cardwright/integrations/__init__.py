"""Where Cardwright answers inside other teams' tools, one folder for each; its evidence goes where people look.

Nothing of ours is decided here: whether a model may be used is said by `attest.verify`, or by a review desk that has asked it.
"""
