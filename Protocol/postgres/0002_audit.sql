-- Who did what, to whom, when and from where. Gateways add to it and nobody else reads or changes
-- it but the owner and the server's side of the application. Users may be gone while their entries
-- stay, so nothing refers to them.
CREATE TABLE public.audit_log (
    -- Made by the gateway, so that an entry whose insertion had no answer can be sent again.
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    action text NOT NULL CHECK (octet_length(action) BETWEEN 1 AND 64),
    actor uuid,
    subject uuid,
    address text CHECK (octet_length(address) <= 64),
    node text NOT NULL CHECK (octet_length(node) <= 64),
    detail jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object')
);
CREATE INDEX audit_log_at_idx ON public.audit_log (at);
CREATE INDEX audit_log_actor_idx ON public.audit_log (actor, at);
CREATE INDEX audit_log_subject_idx ON public.audit_log (subject, at);

REVOKE ALL ON public.audit_log
    FROM PUBLIC, anon, authenticated, service_role, tradermind_gateway;
ALTER TABLE public.audit_log ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.audit_log TO service_role;
GRANT INSERT (id, at, action, actor, subject, address, node, detail) ON public.audit_log
    TO tradermind_gateway;
CREATE POLICY audit_log_gateway_add ON public.audit_log FOR INSERT TO tradermind_gateway
    WITH CHECK (true);

-- The list of these files that were applied: a gateway looks whether its own are.
REVOKE ALL ON public.schema_migrations
    FROM PUBLIC, anon, authenticated, service_role, tradermind_gateway;
ALTER TABLE public.schema_migrations ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON public.schema_migrations TO tradermind_gateway;
CREATE POLICY schema_migrations_gateway ON public.schema_migrations FOR SELECT
    TO tradermind_gateway USING (true);
