/// The files of Protocol/postgres that bring a database to what the gateway needs, in order. They
/// are built in, so that a gateway needs nothing beside its executable.
package enum SchemaMigrations {
    /// A file; once applied anywhere, it never changes.
    package struct Migration: Sendable {
        /// The file's name.
        package let name: String
        /// The file's SQL.
        package let text: String

        /// A file of a name and a text.
        package init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    /// Every file, in the order in which they are applied.
    package static let all: [Migration] = [
        Migration("0000_shim.sql", PackageResources._000_shim_sql),
        Migration("0001_accounts.sql", PackageResources._001_accounts_sql),
        Migration("0002_audit.sql", PackageResources._002_audit_sql),
        Migration("0003_search_path.sql", PackageResources._003_search_path_sql),
    ]

    /// Makes the list in which applied files are noted; changes nothing where it exists. It is
    /// nobody else's from the beginning: where new tables are granted to everybody, as on Supabase,
    /// somebody could otherwise note a file as applied before it is.
    package static let bootstrap = """
        CREATE TABLE IF NOT EXISTS public.schema_migrations (
            name text PRIMARY KEY, checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now());
        DO $bootstrap$
        BEGIN
            IF NOT (
                SELECT relrowsecurity FROM pg_catalog.pg_class
                WHERE oid = 'public.schema_migrations'::pg_catalog.regclass
            ) THEN
                ALTER TABLE public.schema_migrations ENABLE ROW LEVEL SECURITY;
            END IF;
        END
        $bootstrap$
        """
}

extension SchemaMigrations.Migration {
    fileprivate init(_ name: String, _ bytes: [UInt8]) {
        self.init(name: name, text: String(decoding: bytes, as: UTF8.self))
    }
}
