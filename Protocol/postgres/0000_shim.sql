-- What Supabase brings and plain PostgreSQL lacks: the roles of its API, and the schema `auth` with
-- the users and the functions that policies ask who is signed in. Where auth.users exists, which is
-- so on every Supabase project, nothing here takes effect.
DO $shim$
DECLARE
    wanted text;
BEGIN
    -- Looked up in the catalogue, which needs no privilege on the schema.
    IF EXISTS (
        SELECT FROM pg_catalog.pg_class AS relation
        JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relation.relnamespace
        WHERE namespace.nspname = 'auth' AND relation.relname = 'users'
    ) THEN
        RETURN;
    END IF;

    FOREACH wanted IN ARRAY ARRAY['anon', 'authenticated', 'service_role'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = wanted) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', wanted);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            -- Roles belong to all databases of a server: another one was set up at this moment.
            NULL;
        END;
    END LOOP;
    IF NOT (SELECT rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = 'service_role') THEN
        ALTER ROLE service_role BYPASSRLS;
    END IF;

    CREATE SCHEMA IF NOT EXISTS auth;
    REVOKE ALL ON SCHEMA auth FROM PUBLIC;
    GRANT USAGE ON SCHEMA auth TO anon, authenticated, service_role;

    -- The columns of Supabase's table that the functions below fill.
    CREATE TABLE auth.users (
        instance_id uuid,
        id uuid PRIMARY KEY,
        aud varchar(255),
        role varchar(255),
        email varchar(255) UNIQUE,
        confirmation_token varchar(255),
        recovery_token varchar(255),
        email_change_token_new varchar(255),
        email_change varchar(255),
        raw_app_meta_data jsonb,
        raw_user_meta_data jsonb,
        created_at timestamptz,
        updated_at timestamptz
    );
    REVOKE ALL ON auth.users FROM PUBLIC, anon, authenticated, service_role;
    GRANT SELECT, INSERT, UPDATE, DELETE ON auth.users TO service_role;

    CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE SET search_path = '' AS $$
        SELECT coalesce(
            nullif(current_setting('request.jwt.claim', true), ''),
            nullif(current_setting('request.jwt.claims', true), ''))::jsonb
    $$;
    CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE SET search_path = '' AS $$
        SELECT coalesce(
            nullif(current_setting('request.jwt.claim.sub', true), ''),
            nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
    $$;
    CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE SET search_path = '' AS $$
        SELECT coalesce(
            nullif(current_setting('request.jwt.claim.role', true), ''),
            nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
    $$;
END
$shim$;
