"""An index of the desk's log, and which release a dossier holds."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_DIGEST, _WORD = sa.String(64), sa.String(400)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "log_entries",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("leaf", _DIGEST, nullable=False, index=True),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("digest", _DIGEST),
        sa.Column("release", _DIGEST, index=True),
    )
    op.add_column("dossiers", sa.Column("release", _DIGEST))
    op.create_index("ix_dossiers_release", "dossiers", ["release"])


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ix_dossiers_release", "dossiers")
    op.drop_column("dossiers", "release")
    op.drop_table("log_entries")
