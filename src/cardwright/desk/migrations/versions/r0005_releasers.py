"""Whose release a dossier holds, as the trust file had it; and withdrawals whose dossiers are not kept any longer."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_DIGEST, _TIME = sa.String(64), sa.String(20)


def upgrade() -> None:
    """Make them."""
    op.add_column("dossiers", sa.Column("releaser", _DIGEST))
    op.create_table(
        "withdrawals",
        sa.Column("release", _DIGEST, primary_key=True),
        sa.Column("subject", _DIGEST, nullable=False, index=True),
        sa.Column("judged_at", _TIME, nullable=False),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("withdrawals")
    op.drop_column("dossiers", "releaser")
