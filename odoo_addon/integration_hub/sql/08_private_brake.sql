-- Mass-change brake: of the deliveries `going` (about to be claimed for one system) it holds those that exceed a limit of their rule, and
-- answers their ids. Limits are the rule's: so many records created, changed, or deleted and archived within so many minutes; 0 is no limit.
--
-- Counted is what is sent, each delivery once (`metered`, which the claim sets): a retry, a replay or a delivery handed back does not count
-- again. A backfill (priority 80 or more: first loads, replay jobs) passes, since a person asked for it with its size on the screen.
-- While a mass change waits for its decision everything of its kind is held, or it would trickle out at the limit's rate; after an approval
-- everything passes for one interval (`open_until`), so that the rest of the same wave needs no second one.
--
-- The row of integration_brake_meter is locked until the claim commits: two sidecars count together. A claim takes these locks in one order
-- and waits for nothing else while it holds them (its deliveries are its own, SKIP LOCKED), so claims cannot wait for each other in a circle.
CREATE OR REPLACE FUNCTION integration_hub_private.brake(system_id integer, going integer[]) RETURNS integer[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  v_now timestamp := integration_hub_private.utc_now();
  v_minute integer := floor(extract(epoch FROM v_now) / 60);
  v_system integer := brake.system_id;
  v_group record;
  v_meter record;
  v_sent jsonb;
  v_count integer;
  v_passing integer;
  v_brake integer;
  v_held integer[] := '{}';
BEGIN
  FOR v_group IN
    SELECT c.rule_id, c.effect, c.most, c.minutes, array_agg(c.id ORDER BY c.id) AS ids
    FROM (
      SELECT d.id, e.rule_id, k.effect, r.brake_minutes AS minutes,
        CASE k.effect WHEN 'create' THEN r.brake_creates WHEN 'remove' THEN r.brake_removals ELSE r.brake_changes END AS most
      FROM public.integration_delivery d
      JOIN public.integration_event e ON e.id = d.event_id
      JOIN public.integration_rule r ON r.id = e.rule_id
      CROSS JOIN LATERAL (SELECT CASE WHEN d.operation = 'create' THEN 'create'
                                      WHEN d.operation IN ('unlink', 'archive') THEN 'remove' ELSE 'change' END) AS k(effect)
      WHERE d.id = ANY (going) AND d.metered IS NOT TRUE AND d.priority < 80
    ) AS c
    WHERE c.most > 0
    GROUP BY c.rule_id, c.effect, c.most, c.minutes
    ORDER BY c.rule_id, c.effect
  LOOP
    INSERT INTO public.integration_brake_meter (system_id, rule_id, effect, sent) VALUES (v_system, v_group.rule_id, v_group.effect, '{}')
    ON CONFLICT DO NOTHING;
    SELECT m.id, m.sent, m.brake_id, m.open_until INTO v_meter FROM public.integration_brake_meter m
    WHERE m.system_id = v_system AND m.rule_id = v_group.rule_id AND m.effect = v_group.effect
    FOR UPDATE;
    CONTINUE WHEN v_meter.open_until > v_now;

    SELECT coalesce(sum(s.value::integer), 0), coalesce(jsonb_object_agg(s.key, s.value::integer), '{}') INTO v_count, v_sent
    FROM jsonb_each_text(v_meter.sent) AS s WHERE s.key::integer > v_minute - v_group.minutes;
    v_passing := CASE WHEN v_meter.brake_id IS NULL THEN least(cardinality(v_group.ids), greatest(v_group.most - v_count, 0)) ELSE 0 END;
    v_brake := v_meter.brake_id;

    IF v_passing < cardinality(v_group.ids) AND v_brake IS NULL THEN
      INSERT INTO public.integration_brake (direction, system_id, rule_id, company_id, object, effect, most, minutes, sent, state, tripped_at,
          create_date, write_date)
      SELECT 'out', v_system, r.id, r.company_id, r.object, v_group.effect, v_group.most, v_group.minutes, v_count + v_passing, 'waiting', v_now,
          v_now, v_now
      FROM public.integration_rule r WHERE r.id = v_group.rule_id
      RETURNING id INTO v_brake;
    END IF;
    UPDATE public.integration_brake_meter m SET brake_id = v_brake, open_until = NULL,
      sent = v_sent || CASE WHEN v_passing = 0 THEN '{}'
        ELSE jsonb_build_object(v_minute::text, coalesce((v_sent ->> v_minute::text)::integer, 0) + v_passing) END
    WHERE m.id = v_meter.id;

    IF v_passing < cardinality(v_group.ids) THEN
      UPDATE public.integration_delivery d SET
        state = 'held', brake_id = v_brake, next_attempt_at = NULL, lease_until = NULL, wait_for = NULL,
        error_kind = 'policy', error_code = 'mass_change', error_field = NULL, cause = 'policy:mass_change:' || v_brake,
        error_message = format('The rule "%s" would have %s more than %s records in %s within %s minutes. What comes after the limit is held.',
          r.name, CASE v_group.effect WHEN 'create' THEN 'created' WHEN 'remove' THEN 'deleted or archived' ELSE 'changed' END,
          v_group.most, s.name, v_group.minutes),
        error_hint = 'Approve or reject it under Operations, Mass changes: one decision is enough for all of it.'
      FROM public.integration_rule r, public.integration_system s
      WHERE r.id = v_group.rule_id AND s.id = v_system AND d.id = ANY (v_group.ids[v_passing + 1:]);
      v_held := v_held || v_group.ids[v_passing + 1:];
    END IF;
  END LOOP;
  RETURN v_held;
END $$;
