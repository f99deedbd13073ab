"""The first tables.

Written out, and not taken from `database.METADATA`: a migration stays what it was when later ones change the tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_DIGEST, _WORD, _TIME = sa.String(64), sa.String(400), sa.String(20)
TABLES = (
    "events", "tokens", "enrolments", "ceremonies", "sessions", "credentials", "invitations", "accounts", "comments", "threads",
    "quarantine", "states", "dossiers",
)  # fmt: skip


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "dossiers",
        sa.Column("manifest", _DIGEST, primary_key=True),
        sa.Column("record", _DIGEST, nullable=False, index=True),
        sa.Column("subject", _DIGEST, nullable=False, index=True),
        sa.Column("name", _WORD, nullable=False, index=True),
        sa.Column("version", _WORD, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("owner", _WORD),
        sa.Column("risk_tier", _WORD),
        sa.Column("policy", _WORD),
        sa.Column("decision", _WORD, nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("valid_until", sa.String(10), index=True),
        sa.Column("missing", sa.JSON, nullable=False),
        sa.Column("search", sa.Text, nullable=False),
        sa.Column("arrived_at", _TIME, nullable=False),
        sa.Column("current", _DIGEST, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Index("ix_dossiers_latest", "arrived_at", "manifest"),
        sa.Index("ix_dossiers_standing", "state", "decision", "valid_until"),
    )
    op.create_table(
        "states",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("manifest", _DIGEST, sa.ForeignKey("dossiers.manifest"), nullable=False, index=True),
        sa.Column("state", _DIGEST, nullable=False, unique=True),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("arrived_at", _TIME, nullable=False),
        sa.Column("arrived_by", _WORD, nullable=False),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("upload", _DIGEST, nullable=False, unique=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("arrived_at", _TIME, nullable=False),
        sa.Column("arrived_by", _WORD, nullable=False),
    )
    op.create_table(
        "threads",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("record", _DIGEST, nullable=False, index=True),
        sa.Column("anchor", _WORD, nullable=False),
        sa.Column("opened_at", _TIME, nullable=False),
        sa.Column("opened_by", _WORD, nullable=False),
        sa.Column("resolved_at", _TIME),
        sa.Column("resolved_by", _WORD),
    )
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("thread", sa.Integer, sa.ForeignKey("threads.id"), nullable=False, index=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("by", _WORD, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "accounts",
        sa.Column("person", _WORD, primary_key=True),
        sa.Column("created_at", _TIME, nullable=False),
    )
    op.create_table(
        "invitations",
        sa.Column("secret", _DIGEST, primary_key=True),
        sa.Column("person", _WORD, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_table(
        "credentials",
        sa.Column("credential", sa.String(2000), primary_key=True),
        sa.Column("person", _WORD, sa.ForeignKey("accounts.person"), nullable=False, index=True),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("counter", sa.Integer, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("secret", _DIGEST, primary_key=True),
        sa.Column("person", _WORD, nullable=False),
        sa.Column("csrf", _DIGEST, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_table(
        "ceremonies",
        sa.Column("secret", _DIGEST, primary_key=True),
        sa.Column("purpose", _WORD, nullable=False),
        sa.Column("person", _WORD, nullable=False),
        sa.Column("challenge", sa.LargeBinary, nullable=False),
        sa.Column("about", sa.JSON, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_table(
        "enrolments",
        sa.Column("fingerprint", _DIGEST, primary_key=True),
        sa.Column("person", _WORD, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("secret", _DIGEST, primary_key=True),
        sa.Column("name", _WORD, nullable=False, unique=True),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", _TIME, nullable=False, index=True),
        sa.Column("who", _WORD, nullable=False),
        sa.Column("what", _WORD, nullable=False),
        sa.Column("about", _WORD, nullable=False),
    )


def downgrade() -> None:
    """Take them away."""
    for name in TABLES:
        op.drop_table(name)
