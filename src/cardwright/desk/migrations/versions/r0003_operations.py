"""Legal holds, and notices that wait to be sent."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_DIGEST, _WORD, _TIME = sa.String(64), sa.String(400), sa.String(20)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "holds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("manifest", _DIGEST, sa.ForeignKey("dossiers.manifest"), nullable=False, index=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("placed_by", _WORD, nullable=False),
        sa.Column("placed_at", _TIME, nullable=False),
        sa.Column("lifted_by", _WORD),
        sa.Column("lifted_at", _TIME),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("event", sa.Integer, nullable=False),
        sa.Column("channel", _WORD, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due_at", _TIME, nullable=False, index=True),
        sa.Column("sent_at", _TIME),
        sa.Column("trouble", _WORD),
        sa.UniqueConstraint("event", "channel", name="uq_notices_event_channel"),
    )
    op.create_table(
        "cursors",
        sa.Column("name", _WORD, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Take them away."""
    for name in ("cursors", "notices", "holds"):
        op.drop_table(name)
