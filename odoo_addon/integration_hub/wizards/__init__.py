# isort: skip_file
from . import delivery_cancel
from . import rule_install
