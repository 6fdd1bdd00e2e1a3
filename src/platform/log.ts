import { pino } from 'pino'
import type { Settings } from '#config'

/** One line of JSON per event, with ids and without secrets; for people at a terminal, words. */
export interface Log {
  debug: (fields: object, message: string) => void
  info: (fields: object, message: string) => void
  warn: (fields: object, message: string) => void
  error: (fields: object, message: string) => void
}

/** Names of fields whose values never reach the log, at any depth that we log at. */
const SECRET_FIELDS = [
  'password',
  'current_password',
  'new_password',
  'secret',
  'token',
  'access_token',
  'refresh_token',
  'authorization',
  'cookie',
  'auth_data',
  'secret_key',
  'bot_secret',
]

/** The logger itself, as Fastify wants it; rooms take the narrower `Log`. */
export function createLog(level: Settings['log_level']) {
  const paths = SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])
  return pino({
    level,
    redact: { paths, censor: '***' },
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
  })
}
