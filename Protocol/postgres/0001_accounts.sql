-- Users, their identities and accounts at the broker, and the sealed tokens.
--
-- Every table has row level security and starts from nothing: Supabase grants new tables to the
-- roles of its API by default, so all is taken away first. Row level security is not FORCEd: the
-- owner has to write profiles when somebody signs up, whatever the owner is.

-- The role of gateways. It does not sign in itself: make one that does, such as
--     CREATE ROLE gateway_1 LOGIN PASSWORD '…' IN ROLE tradermind_gateway;
DO $roles$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'tradermind_gateway') THEN
        CREATE ROLE tradermind_gateway NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$roles$;
GRANT USAGE ON SCHEMA public TO tradermind_gateway;

-- One row for each user. The role is written by the server's side only.
CREATE TABLE public.profiles (
    id uuid PRIMARY KEY REFERENCES auth.users (id) ON DELETE CASCADE,
    role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin', 'service')),
    display_name text CHECK (char_length(display_name) BETWEEN 1 AND 64),
    active_account text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Which user of the broker is which user here, as the broker itself said.
CREATE TABLE public.broker_identities (
    generation text NOT NULL CHECK (generation IN ('legacy', 'options')),
    broker_user_id text NOT NULL CHECK (octet_length(broker_user_id) BETWEEN 1 AND 128),
    user_id uuid NOT NULL REFERENCES public.profiles (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (generation, broker_user_id),
    UNIQUE (user_id, generation)
);

-- The accounts that the broker says a user has.
CREATE TABLE public.broker_accounts (
    user_id uuid NOT NULL REFERENCES public.profiles (id) ON DELETE CASCADE,
    account text NOT NULL CHECK (account ~ '^[A-Za-z0-9_-]{1,64}$'),
    generation text NOT NULL CHECK (generation IN ('legacy', 'options')),
    currency text CHECK (octet_length(currency) BETWEEN 1 AND 16),
    is_virtual boolean NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, account)
);

-- A user can only choose an account of their own, and the choice ends with the account.
ALTER TABLE public.profiles ADD CONSTRAINT profiles_active_account_fkey
    FOREIGN KEY (id, active_account) REFERENCES public.broker_accounts (user_id, account)
    ON DELETE SET NULL (active_account);

-- The broker's tokens, sealed by the gateway (AES-256-GCM) for exactly this row. The account is
-- '*' for a token of all accounts.
CREATE TABLE public.broker_tokens (
    user_id uuid NOT NULL REFERENCES public.profiles (id) ON DELETE CASCADE,
    generation text NOT NULL CHECK (generation IN ('legacy', 'options')),
    account text NOT NULL CHECK (account = '*' OR account ~ '^[A-Za-z0-9_-]{1,64}$'),
    kind text NOT NULL CHECK (kind IN ('access', 'refresh')),
    sealed bytea NOT NULL CHECK (octet_length(sealed) BETWEEN 35 AND 8192),
    key_id bigint NOT NULL CHECK (key_id BETWEEN 0 AND 4294967295),
    expires_at timestamptz,
    scopes text NOT NULL DEFAULT '' CHECK (octet_length(scopes) <= 512),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, generation, account, kind)
);
CREATE INDEX broker_tokens_key_id_idx ON public.broker_tokens (key_id);

CREATE FUNCTION public.tradermind_touch_updated_at() RETURNS trigger
LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.updated_at := pg_catalog.now();
    RETURN NEW;
END
$$;
CREATE TRIGGER profiles_touch_updated_at BEFORE UPDATE ON public.profiles
    FOR EACH ROW EXECUTE FUNCTION public.tradermind_touch_updated_at();
CREATE TRIGGER broker_tokens_touch_updated_at BEFORE UPDATE ON public.broker_tokens
    FOR EACH ROW EXECUTE FUNCTION public.tradermind_touch_updated_at();

-- Whoever signs up gets a profile; whoever has signed up before gets it now. Nothing of what a user
-- says about himself is taken over.
CREATE FUNCTION public.handle_new_user() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    INSERT INTO public.profiles (id) VALUES (NEW.id) ON CONFLICT (id) DO NOTHING;
    RETURN NEW;
END
$$;
CREATE TRIGGER tradermind_on_auth_user_created AFTER INSERT ON auth.users
    FOR EACH ROW EXECUTE FUNCTION public.handle_new_user();
INSERT INTO public.profiles (id) SELECT id FROM auth.users ON CONFLICT (id) DO NOTHING;

-- The user of a broker's user: found, or made with a profile. The only way in which a gateway makes
-- users. Two sign-ins of the same broker's user at once get the same one.
CREATE FUNCTION public.tradermind_sign_in(wanted_generation text, wanted_broker_user_id text)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
DECLARE
    found_id uuid;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(
        'tradermind:' || wanted_generation || ':' || wanted_broker_user_id, 0));
    SELECT identity.user_id INTO found_id FROM public.broker_identities AS identity
        WHERE identity.generation = wanted_generation
            AND identity.broker_user_id = wanted_broker_user_id;
    IF found_id IS NOT NULL THEN
        RETURN found_id;
    END IF;
    found_id := pg_catalog.gen_random_uuid();
    -- Supabase's auth server reads the empty texts as texts and fails on nulls.
    INSERT INTO auth.users (
        instance_id, id, aud, role, confirmation_token, recovery_token, email_change_token_new,
        email_change, raw_app_meta_data, raw_user_meta_data, created_at, updated_at
    ) VALUES (
        '00000000-0000-0000-0000-000000000000', found_id, 'authenticated', 'authenticated', '', '',
        '', '', '{"provider": "deriv", "providers": ["deriv"]}', '{}', pg_catalog.now(),
        pg_catalog.now());
    INSERT INTO public.profiles (id) VALUES (found_id) ON CONFLICT (id) DO NOTHING;
    INSERT INTO public.broker_identities (generation, broker_user_id, user_id)
        VALUES (wanted_generation, wanted_broker_user_id, found_id);
    RETURN found_id;
END
$$;

-- Functions are everybody's by default.
REVOKE ALL ON FUNCTION public.tradermind_touch_updated_at()
    FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.handle_new_user() FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON FUNCTION public.tradermind_sign_in(text, text)
    FROM PUBLIC, anon, authenticated, service_role;
GRANT EXECUTE ON FUNCTION public.tradermind_sign_in(text, text) TO tradermind_gateway;

REVOKE ALL ON public.profiles, public.broker_identities, public.broker_accounts,
    public.broker_tokens FROM PUBLIC, anon, authenticated, service_role, tradermind_gateway;
ALTER TABLE public.profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.broker_identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.broker_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.broker_tokens ENABLE ROW LEVEL SECURITY;

-- A user: reads the own profile and accounts, changes the name and the choice of account.
GRANT SELECT ON public.profiles, public.broker_accounts TO authenticated;
GRANT UPDATE (display_name, active_account) ON public.profiles TO authenticated;
CREATE POLICY profiles_read_own ON public.profiles FOR SELECT TO authenticated
    USING ((SELECT auth.uid()) = id);
CREATE POLICY profiles_update_own ON public.profiles FOR UPDATE TO authenticated
    USING ((SELECT auth.uid()) = id) WITH CHECK ((SELECT auth.uid()) = id);
CREATE POLICY broker_accounts_read_own ON public.broker_accounts FOR SELECT TO authenticated
    USING ((SELECT auth.uid()) = user_id);

-- The server's side of the application, which row level security does not bind: profiles and their
-- roles. Tokens are not for it.
GRANT SELECT, UPDATE (role, display_name, active_account) ON public.profiles TO service_role;
GRANT SELECT ON public.broker_accounts TO service_role;

-- A gateway: who has which role; identities, accounts and tokens of those who connect.
GRANT SELECT ON public.profiles TO tradermind_gateway;
GRANT SELECT, INSERT ON public.broker_identities TO tradermind_gateway;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.broker_accounts, public.broker_tokens
    TO tradermind_gateway;
CREATE POLICY profiles_gateway ON public.profiles FOR SELECT TO tradermind_gateway USING (true);
CREATE POLICY broker_identities_gateway_read ON public.broker_identities FOR SELECT
    TO tradermind_gateway USING (true);
CREATE POLICY broker_identities_gateway_add ON public.broker_identities FOR INSERT
    TO tradermind_gateway WITH CHECK (true);
CREATE POLICY broker_accounts_gateway ON public.broker_accounts FOR ALL TO tradermind_gateway
    USING (true) WITH CHECK (true);
CREATE POLICY broker_tokens_gateway ON public.broker_tokens FOR ALL TO tradermind_gateway
    USING (true) WITH CHECK (true);
