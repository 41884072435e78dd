# isort: skip_file
# Odoo builds the models in this order: a model before those that inherit from it.

from .foundation import protected
from .foundation import loose_reference
from .foundation import chatter
from .queue import integration_contract
from .deliveries import integration_record
from .systems import integration_system
from .systems import integration_system_limit
from .artifacts import integration_catalogue
from .rules import integration_rule
from .artifacts import integration_artifact
from .artifacts import integration_artifact_version
from .events import integration_event
from .events import integration_event_payload
from .deliveries import integration_delivery
from .deliveries import integration_attempt
from .deliveries import integration_link
from .deliveries import integration_brake
from .deliveries import integration_replay
from .systems import integration_restore
from .artifacts import integration_release
from .artifacts import integration_question
from .artifacts import integration_shadow
from .deliveries import retention

# What stands still and needs a person
from .problems import integration_exception_policy
from .problems import integration_problem
from .problems import problem_sync
from .problems import problem_polls
from .problems import problem_untaken
from .problems import integration_figure
from .problems import problem_activities
from .problems import problem_actions

# Queue contract over Odoo's API
from .queue import integration_queue
from .queue import queue_records
from .queue import queue_reading
from .queue import queue_problems
from .queue import queue_releases

# What comes from other systems
from .inbound import integration_inbound
from .inbound import lookups
from .inbound import judgement
from .inbound import resolve
from .inbound import differences
from .inbound import apply
from .inbound import rows
from .inbound import waiting
from .inbound.checks import ownership
from .inbound.checks import conflict
from .inbound.checks import accounting
from .inbound.checks import duplicates
from .inbound.checks import mass_change
from .inbound import steps
from .inbound.checks import business
from .inbound.checks import timesheet_values
from .inbound.checks import expense_values
from .inbound.checks import leave_values
from .inbound import merge
from .inbound import trial
from .inbound import integration_security_event

# Capture
from .capture import plan
from .capture import language
from .capture import base_capture
from .capture import on_request

# What people decide and see
from .deliveries import delivery_actions
from .deliveries import delivery_policy
from .deliveries import delivery_outcome
from .inbound import decisions
from .deliveries import delivery_in_words
from .deliveries import delivery_status
from .events import event_in_words
from .rules import rule_in_words
from .rules import rule_owner
from .artifacts import artifact_life
from .artifacts import artifact_release
from .tables import integration_table_value
from .tables import unknown_values
from .tables import table_shown
from .rules import rule_content
from .rules import rule_history
from .privacy import confidential
from .privacy import messages
from .inbound import in_words
from .systems import integration_system_poll
from .systems import integration_interruption
from .mappings import mapping_editor
from .mappings import mapping_preview
from .mappings import incoming_preview
from .ownership import integration_ownership
from .events import integration_event_type
from .events import event_nature
from .artifacts import catalogue_titles
from .artifacts import integration_flow
from .artifacts import artifact_impact
from .artifacts import artifact_pack
from .artifacts import delivery_mapping
from .deliveries import delivery_release
from .systems import system_health
from .deliveries import view_status
