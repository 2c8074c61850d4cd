import Foundation
import Glibc

/// PostgreSQL's programs, and as whom they run: PostgreSQL refuses to run as root.
struct PostgresPrograms {
    /// The folder of `initdb` and `postgres`.
    let folder: String
    /// The user and group to run as; nil for this process' own.
    let user: (user: uid_t, group: gid_t)?

    /// Looks for the newest version in Debian's layout, else on PATH.
    ///
    /// - Throws: `DevError.programMissing`, or that there is nobody to run as.
    init() throws(DevError) {
        let files = FileManager.default
        let versions = (try? files.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let newest = versions.max { ($0 as NSString).doubleValue < ($1 as NSString).doubleValue }
        let onPath = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let folders =
            (newest.map { ["/usr/lib/postgresql/\($0)/bin"] } ?? []) + onPath.map(String.init)
        guard let folder = folders.first(where: { files.isExecutableFile(atPath: "\($0)/initdb") })
        else { throw .programMissing("PostgreSQL (package postgresql)") }
        self.folder = folder
        guard getuid() == 0 else {
            user = nil
            return
        }
        for name in ["postgres", "nobody"] {
            // Safety: the entry is static memory of libc, read before any other look-up.
            if let entry = unsafe getpwnam(name) {
                user = unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
                return
            }
        }
        throw .serverDidNotStart("PostgreSQL", log: "there is no user postgres to run it as")
    }

    /// Hands a folder to the user that the programs run as.
    func own(_ path: String) throws(DevError) {
        guard let user else { return }
        // Safety: the path is read during the call.
        guard unsafe chown(path, user.user, user.group) == 0 else { throw .cannotWrite(path) }
    }

    /// The program and arguments that start one of them.
    ///
    /// Where the way to the folder is closed to that user, such as below /root, the programs keep
    /// the one capability that leads through; the folder itself is theirs.
    func command(
        _ name: String, _ arguments: [String], in path: String
    ) -> (program: String, arguments: [String]) {
        let program = "\(folder)/\(name)"
        guard let user else { return (program, arguments) }
        var all = [
            "--reuid", String(user.user), "--regid", String(user.group), "--clear-groups",
        ]
        if !isReachable(path) {
            all += ["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"]
        }
        return ("setpriv", all + [program] + arguments)
    }

    /// Whether every folder on the way lets others through.
    private func isReachable(_ path: String) -> Bool {
        var url = URL(fileURLWithPath: path).deletingLastPathComponent()
        while true {
            var entry = stat()
            // Safety: the path is read and the entry written during the call.
            guard unsafe stat(url.path, &entry) == 0, entry.st_mode & 0o001 != 0 else {
                return false
            }
            if url.path == "/" { return true }
            url.deleteLastPathComponent()
        }
    }
}
