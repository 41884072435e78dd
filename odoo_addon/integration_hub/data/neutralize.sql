-- A copied database must not send anything: systems stand still until a person resumes them, and what was waiting is held.
UPDATE integration_system
SET state = 'paused', pause_kind = 'neutralised', pause_reason = 'This database is a copy.', paused_since = now() AT TIME ZONE 'UTC', paused_until = NULL;

UPDATE integration_delivery
SET state = 'held', lease_until = NULL, next_attempt_at = NULL,
    error_kind = 'policy', error_code = 'neutralised', cause = 'policy:neutralised', error_field = NULL,
    error_message = 'This database is a copy: what was waiting here is sent by the original.',
    error_hint = 'Cancel it, or retry it if this copy is meant to send.'
WHERE state IN ('pending', 'waiting', 'processing', 'retry', 'unknown', 'received');
