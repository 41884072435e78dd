# isort: skip_file
from . import brake_reject
from . import delivery_cancel
from . import delivery_link
from . import first_load
from . import flow_import
from . import inbound_link
from . import ownership_change
from . import problem_cancel
from . import replay_start
from . import rule_install
from . import sidecar_key
from . import table_csv
from . import unknown_value_add
