-- How long to wait before try number `tries` + 1: 1 s, 2 s, 4 s … at most 1 hour, with up to half of it taken off at random so that
-- deliveries that failed together do not come back together. `asked` (a vendor's Retry-After, in milliseconds) is a lower bound.
CREATE OR REPLACE FUNCTION integration_hub_private.retry_delay(tries integer, asked double precision) RETURNS interval
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT make_interval(secs => greatest(
    coalesce(asked, 0) / 1000.0,
    (0.5 + random() / 2) * least(3600, power(2, least(greatest(tries, 1), 20) - 1))))
$$;
