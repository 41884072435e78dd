-- Answers a question that this worker took. False when nobody waits for it any more, or another worker has it.
CREATE OR REPLACE FUNCTION integration_hub.answer(worker text, question integer, answer jsonb) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  WITH answered AS (
    UPDATE public.integration_question q SET answer = answer.answer, state = 'answered'
    WHERE q.id = answer.question AND q.state = 'asked' AND q.worker = answer.worker
    RETURNING q.id
  )
  SELECT EXISTS (SELECT FROM answered)
$$;
