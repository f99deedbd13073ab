"""Of which kind of document a dossier is, so that incidents are found without reading every dossier."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it."""
    op.add_column("dossiers", sa.Column("document", sa.String(400)))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("dossiers", "document")
