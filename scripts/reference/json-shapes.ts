/**
 * What each command prints with `--json`. A contract: fields are only added. The reference page is refused when a
 * command that takes `--json` is missing here, or one is here that does not take it.
 */
export const JSON_SHAPES: Record<string, string> = {
  copy: '{route, rows, bytes, mark?, written, seconds}; with --explain {route, why, columns, steps, preview?, estimatedRows?}',
  'user create': '{id, uuid, username}',
  'user list': '[{id, username, status, superuser, email, uuid}]',
  'user close': '{closed}',
  'user erase': '{erased}',
  'user password': '{username}',
  'user superuser': '{username, is_superuser}',
  'group create': '{id, uuid, slug}',
  'group list': '[{id, slug, name, personal, owner, uuid}]',
  'group member add': '{group, user, role}',
  'group member remove': '{group, user}',
  'application create': '{id, secret}',
  'application list': '[{id, name, type, status, expires_at, used_at}]',
  'application disable': '{id, status}',
  keys: '{url, anon_key, service_key}',
  'config show': '{<name>: {name, value, origin}}; with a name {name, value, origin}',
  'migrate status': '[{migration, room, release}]',
  'migrate up': '{applied: [id]}',
  'migrate down': '{release, undone: [id], backup}',
  'database setup': '{database, login, database_url, password_set}; without --admin-url {sql}',
  'vault generate': '{key}',
  'vault rotate': '{resealed, lost, kid}',
  'backup create': '{file, tables, rows, size_bytes, dropped: [file]}',
  'backup list': '[{file, size_bytes, created_at, release, problem}]',
  'backup verify':
    '{file, release, created_at, postgres, migrations, key_ids, sequences, tables, rows, unopenable}',
  'backup restore': '{file, tables, rows, created_at, release}',
  doctor: '[{name, state: ok|attention|failed, says}]',
}
