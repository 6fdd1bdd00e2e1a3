/** HTTP: the server with /v1's conventions, its errors, its lists. Rooms add routes; see any `*.routes.ts`. */
export { envelopeOf, type ErrorEnvelope, statusOf } from './envelope.ts'
export { faultsOf } from './faults.ts'
export { addHealth } from './health.ts'
export { Id } from './id.ts'
export {
  offsetOf,
  type Page,
  PageMeta,
  PageOf,
  pageOf,
  PageQuery,
  type PageRequest,
  SortQuery,
} from './page.ts'
export { parseBySchema } from './parse.ts'
export type { Misfit, Problem } from './problem.ts'
export { servePage } from './static-page.ts'
export { createServer, type Server, type ServerOptions } from './server.ts'
