# isort: skip_file
# Odoo builds the models in this order: a model before those that inherit from it.

from . import protected
from . import loose_reference
from . import integration_contract
from . import integration_record
from . import integration_system
from . import integration_system_limit
from . import integration_catalogue
from . import integration_rule
from . import integration_artifact
from . import integration_artifact_version
from . import integration_event
from . import integration_event_payload
from . import integration_delivery
from . import integration_attempt
from . import integration_link
from . import integration_brake
from . import integration_replay
from . import integration_restore
from . import integration_release
from . import integration_question
from . import integration_shadow
from . import retention

# What stands still and needs a person
from . import integration_exception_policy
from . import integration_problem
from . import problem_sync
from . import integration_figure
from . import problem_activities
from . import problem_actions

# Queue contract over Odoo's API
from . import integration_queue
from . import integration_queue_records
from . import integration_queue_reading
from . import integration_queue_problems
from . import integration_queue_releases

# What comes from other systems
from . import integration_inbound
from . import inbound_lookups
from . import inbound_judgement
from . import inbound_resolve
from . import inbound_differences
from . import inbound_apply
from . import inbound_rows
from . import inbound_ownership
from . import inbound_conflict
from . import inbound_accounting
from . import inbound_duplicates
from . import inbound_brake
from . import inbound_steps
from . import inbound_business
from . import inbound_timesheet_values
from . import inbound_expense_values
from . import inbound_merge
from . import integration_security_event

# Capture
from . import capture_plan
from . import capture_language
from . import capture
from . import capture_on_request

# What people decide and see
from . import delivery_actions
from . import delivery_policy
from . import delivery_outcome
from . import inbound_decisions
from . import delivery_in_words
from . import delivery_status
from . import event_in_words
from . import rule_in_words
from . import rule_owner
from . import artifact_life
from . import artifact_release
from . import integration_table_value
from . import unknown_values
from . import rule_content
from . import rule_history
from . import confidential
from . import inbound_in_words
from . import mapping_editor
from . import mapping_preview
from . import integration_ownership
from . import integration_event_type
from . import integration_flow
from . import artifact_impact
from . import artifact_pack
from . import delivery_release
from . import system_health
from . import view_status
