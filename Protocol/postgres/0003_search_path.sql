-- Functions that run as their owner look for what they name in pg_catalog first, and in the
-- schema of the session's temporary objects last. Unless a search_path names that schema, it is
-- looked through first, so that whoever may call such a function could put a type of its own, whose
-- check then runs as the owner, in the place of one of PostgreSQL's.
ALTER FUNCTION public.handle_new_user() SET search_path = pg_catalog, pg_temp;
ALTER FUNCTION public.tradermind_sign_in(text, text) SET search_path = pg_catalog, pg_temp;
