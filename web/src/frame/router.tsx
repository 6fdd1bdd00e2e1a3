import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router'
import { ApiError } from '../api/client.ts'
import { groupsQuery, type Role, ROLES } from '../api/groups.ts'
import { HEALTH_STATES, type HealthState } from '../api/health.ts'
import { RUN_STATUSES, RUN_TYPES, type RunStatus, type RunType } from '../api/runs.ts'
import { meQuery } from '../api/session.ts'
import { USER_STATUSES, type UserStatus } from '../api/users.ts'
import { Loading } from '../ui/page-state.tsx'
import { FrameFailure } from './frame-failure.tsx'
import {
  type Days,
  type ListSearch,
  readDays,
  readId,
  readListSearch,
  readWords,
  type TransferSearch,
} from './list-search.ts'
import { NotFound } from './not-found.tsx'
import { Shell } from './shell.tsx'

interface Context {
  queries: QueryClient
}

const root = createRootRouteWithContext<Context>()({ notFoundComponent: NotFound })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search): { to?: string; problem?: string } => ({
    ...(typeof search['to'] === 'string' && { to: search['to'] }),
    ...(typeof search['problem'] === 'string' && { problem: search['problem'] }),
  }),
  component: lazyRouteComponent(() => import('../sign-in/sign-in-page.tsx'), 'SignInPage'),
})

/** The provider leads back to here; `arrival` holds what it put into the address. */
const callback = createRoute({
  getParentRoute: () => root,
  path: '/auth/callback',
  component: lazyRouteComponent(() => import('../sign-in/callback-page.tsx'), 'CallbackPage'),
})

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: (search): { token?: string } =>
    // A token of digits alone would be read as a number.
    typeof search['token'] === 'string' || typeof search['token'] === 'number'
      ? { token: String(search['token']) }
      : {},
  component: lazyRouteComponent(() => import('../setup/setup-page.tsx'), 'SetupPage'),
})

/** Everything behind the sign-in. The group that one works in stands in every address. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  validateSearch: (search): { group?: number | undefined } => {
    const group = readId(search['group'])
    return group === undefined ? {} : { group }
  },
  search: { middlewares: [retainSearchParams<{ group?: number | undefined }>(['group'])] },
  beforeLoad: async ({ context, location }) => {
    try {
      await Promise.all([
        context.queries.ensureQueryData(meQuery),
        context.queries.ensureQueryData(groupsQuery),
      ])
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error
      throw redirect({ to: '/sign-in', search: { to: location.href } })
    }
  },
  component: Shell,
  errorComponent: FrameFailure,
})

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: lazyRouteComponent(() => import('../home/home-page.tsx'), 'HomePage'),
})

interface ConnectionSearch extends ListSearch {
  type?: string[] | undefined
  health?: HealthState[] | undefined
}

const connections = createRoute({
  getParentRoute: () => inside,
  path: '/connections',
  validateSearch: (search): ConnectionSearch => {
    const type = readWords(search['type'])
    const health = readWords(search['health'], HEALTH_STATES)
    return {
      ...readListSearch(search),
      ...(type.length > 0 && { type }),
      ...(health.length > 0 && { health }),
    }
  },
  component: lazyRouteComponent(
    () => import('../connections/connection-list-page.tsx'),
    'ConnectionListPage',
  ),
})

const newConnection = createRoute({
  getParentRoute: () => inside,
  path: '/connections/new',
  component: lazyRouteComponent(() => import('../connections/connection-form-page.tsx'), 'NewConnectionPage'),
})

const connection = createRoute({
  getParentRoute: () => inside,
  path: '/connections/$connectionId',
  params: idParam('connectionId'),
  component: lazyRouteComponent(() => import('../connections/connection-page.tsx'), 'ConnectionPage'),
})

const useFromApp = createRoute({
  getParentRoute: () => inside,
  path: '/use-from-app',
  component: lazyRouteComponent(() => import('../realtime/use-from-app-page.tsx'), 'UseFromAppPage'),
})

const editConnection = createRoute({
  getParentRoute: () => inside,
  path: '/connections/$connectionId/edit',
  params: idParam('connectionId'),
  component: lazyRouteComponent(
    () => import('../connections/connection-form-page.tsx'),
    'EditConnectionPage',
  ),
})

const transfers = createRoute({
  getParentRoute: () => inside,
  path: '/transfers',
  validateSearch: (search): TransferSearch => {
    const queue = readId(search['queue'])
    const [connection, into] = [readId(search['connection']), readId(search['into'])]
    const [from, to] = [readWords(search['from']), readWords(search['to'])]
    return {
      ...readListSearch(search),
      ...(queue !== undefined && { queue }),
      ...(connection !== undefined && { connection }),
      ...(into !== undefined && { into }),
      ...(from.length > 0 && { from }),
      ...(to.length > 0 && { to }),
      ...(typeof search['scheduled'] === 'boolean' && { scheduled: search['scheduled'] }),
    }
  },
  component: lazyRouteComponent(() => import('../transfers/transfer-list-page.tsx'), 'TransferListPage'),
})

/** How the form of a transfer is drawn. */
interface FormTab {
  tab?: 'canvas' | undefined
}

const readTab = (search: Record<string, unknown>): FormTab =>
  search['tab'] === 'canvas' ? { tab: 'canvas' } : {}

const newTransfer = createRoute({
  getParentRoute: () => inside,
  path: '/transfers/new',
  validateSearch: (search): FormTab & { source?: number; path?: string } => {
    const source = readId(search['source'])
    return {
      ...readTab(search),
      ...(source !== undefined && { source }),
      ...(typeof search['path'] === 'string' && { path: search['path'] }),
    }
  },
  component: lazyRouteComponent(() => import('../transfers/transfer-form-page.tsx'), 'NewTransferPage'),
})

const transfer = createRoute({
  getParentRoute: () => inside,
  path: '/transfers/$transferId',
  params: idParam('transferId'),
  validateSearch: readListSearch,
  component: lazyRouteComponent(() => import('../transfers/transfer-page.tsx'), 'TransferPage'),
})

const editTransfer = createRoute({
  getParentRoute: () => inside,
  path: '/transfers/$transferId/edit',
  params: idParam('transferId'),
  validateSearch: readTab,
  component: lazyRouteComponent(() => import('../transfers/transfer-form-page.tsx'), 'EditTransferPage'),
})

const queues = createRoute({
  getParentRoute: () => inside,
  path: '/queues',
  validateSearch: readListSearch,
  component: lazyRouteComponent(() => import('../queues/queue-list-page.tsx'), 'QueueListPage'),
})

const queue = createRoute({
  getParentRoute: () => inside,
  path: '/queues/$queueId',
  params: idParam('queueId'),
  component: lazyRouteComponent(() => import('../queues/queue-page.tsx'), 'QueuePage'),
})

interface RunSearch extends ListSearch, Days {
  status?: RunStatus[] | undefined
  type?: RunType | undefined
}

const runs = createRoute({
  getParentRoute: () => inside,
  path: '/runs',
  validateSearch: (search): RunSearch => {
    const status = readWords(search['status'], RUN_STATUSES)
    const [type] = readWords(search['type'], RUN_TYPES)
    return {
      ...readListSearch(search),
      ...(status.length > 0 && { status }),
      ...(type !== undefined && { type }),
      ...readDays(search),
    }
  },
  component: lazyRouteComponent(() => import('../runs/run-list-page.tsx'), 'RunListPage'),
})

const run = createRoute({
  getParentRoute: () => inside,
  path: '/runs/$runId',
  params: idParam('runId'),
  component: lazyRouteComponent(() => import('../runs/run-page.tsx'), 'RunPage'),
})

const groups = createRoute({
  getParentRoute: () => inside,
  path: '/groups',
  validateSearch: (search): ListSearch & { role?: Role | undefined } => {
    const [role] = readWords(search['role'], ROLES)
    return { ...readListSearch(search), ...(role !== undefined && { role }) }
  },
  component: lazyRouteComponent(() => import('../groups/group-list-page.tsx'), 'GroupListPage'),
})

const group = createRoute({
  getParentRoute: () => inside,
  path: '/groups/$groupId',
  params: idParam('groupId'),
  validateSearch: (search): { page?: number | undefined } => {
    const page = readId(search['page'])
    return page === undefined || page === 1 ? {} : { page }
  },
  component: lazyRouteComponent(() => import('../groups/group-page.tsx'), 'GroupPage'),
})

const applications = createRoute({
  getParentRoute: () => inside,
  path: '/applications',
  validateSearch: readListSearch,
  component: lazyRouteComponent(
    () => import('../applications/application-list-page.tsx'),
    'ApplicationListPage',
  ),
})

const users = createRoute({
  getParentRoute: () => inside,
  path: '/users',
  validateSearch: (search): ListSearch & { status?: UserStatus | undefined } => {
    const [status] = readWords(search['status'], USER_STATUSES)
    return { ...readListSearch(search), ...(status !== undefined && { status }) }
  },
  component: lazyRouteComponent(() => import('../users/user-list-page.tsx'), 'UserListPage'),
})

const user = createRoute({
  getParentRoute: () => inside,
  path: '/users/$userId',
  params: idParam('userId'),
  component: lazyRouteComponent(() => import('../users/user-page.tsx'), 'UserPage'),
})

interface AuditSearch extends ListSearch, Days {
  actor?: number | undefined
  action?: string | undefined
  all?: true | undefined
}

const audit = createRoute({
  getParentRoute: () => inside,
  path: '/audit',
  validateSearch: (search): AuditSearch => {
    const actor = readId(search['actor'])
    return {
      ...readListSearch(search),
      ...(actor !== undefined && { actor }),
      ...(typeof search['action'] === 'string' && search['action'] !== '' && { action: search['action'] }),
      ...readDays(search),
      ...(search['all'] === true && { all: true as const }),
    }
  },
  component: lazyRouteComponent(() => import('../audit/audit-page.tsx'), 'AuditPage'),
})

const me = createRoute({
  getParentRoute: () => inside,
  path: '/me',
  component: lazyRouteComponent(() => import('../me/me-page.tsx'), 'MePage'),
})

const tree = root.addChildren([
  signIn,
  callback,
  setup,
  inside.addChildren([
    home,
    connections,
    newConnection,
    connection,
    editConnection,
    useFromApp,
    transfers,
    newTransfer,
    transfer,
    editTransfer,
    queues,
    queue,
    runs,
    run,
    groups,
    group,
    applications,
    users,
    user,
    audit,
    me,
  ]),
])

/** A number in the path: `/runs/12`. Anything else becomes NaN, which no thing has, and so a plain 404. */
function idParam<Name extends string>(name: Name) {
  // The computed key is widened to string by the compiler; it is exactly the one that was given.
  type Ids = Record<Name, number>
  type Texts = Record<Name, string>
  return {
    parse: (params: Texts) => ({ [name]: Number(params[name]) }) as Ids,
    stringify: (params: Ids) => ({ [name]: String(params[name]) }) as Texts,
  }
}

export type AppRouter = ReturnType<typeof createAppRouter>

export function createAppRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPendingComponent: () => <Loading />,
    defaultErrorComponent: FrameFailure,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: AppRouter
  }
}
