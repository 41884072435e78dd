from . import delivery_cancel
from . import rule_install
