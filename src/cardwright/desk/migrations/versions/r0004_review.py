"""What reviewing needs: whose signature is awaited, assignments, saved views, and the audience that an account belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_DIGEST, _WORD, _TIME = sa.String(64), sa.String(400), sa.String(20)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "awaited",
        sa.Column("manifest", _DIGEST, sa.ForeignKey("dossiers.manifest"), primary_key=True),
        sa.Column("role", _WORD, primary_key=True, index=True),
    )
    op.create_table(
        "assignments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("manifest", _DIGEST, sa.ForeignKey("dossiers.manifest"), nullable=False, index=True),
        sa.Column("role", _WORD, nullable=False, index=True),
        sa.Column("person", _WORD, index=True),
        sa.Column("due", sa.String(10), nullable=False),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("made_by", _WORD, nullable=False),
        sa.Column("closed_at", _TIME),
        sa.Column("closed_by", _WORD),
    )
    op.create_table(
        "views",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person", _WORD, nullable=False, index=True),
        sa.Column("name", _WORD, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.UniqueConstraint("person", "name", name="uq_views_name"),
    )
    for table in ("accounts", "invitations"):
        op.add_column(table, sa.Column("audience", _WORD, nullable=False, server_default="internal"))
    op.create_index("ix_events_about", "events", ["about"])


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ix_events_about", "events")
    for table in ("invitations", "accounts"):
        op.drop_column(table, "audience")
    for name in ("views", "assignments", "awaited"):
        op.drop_table(name)
