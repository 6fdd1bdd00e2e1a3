import './ui/mantine-styles.ts'
import './ui/style.css'
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { ApiError, session } from './api/client.ts'
import { viewAs } from './api/view-as.ts'
// Before the router reads the address, and tidies it.
import './sign-in/arrival.ts'
import { createAppRouter } from './frame/router.tsx'
import { startLanguage } from './ui/language.ts'
import { lazily } from './ui/lazily.ts'
import { cssVariables, theme } from './ui/theme.ts'

const ToastCorner = lazily(() => import('./ui/toast-corner.tsx'), 'ToastCorner')

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the hub refuses it refuses again; only a broken way is worth a second try.
      retry: (failures, error) =>
        failures < 2 && !(error instanceof ApiError && error.status >= 400 && error.status < 500),
      staleTime: 2000,
    },
  },
})

const router = createAppRouter(queries)

session.addEventListener('over', () => {
  const { pathname, href } = router.state.location
  if (pathname === '/sign-in' || pathname === '/setup') return
  viewAs.set(null)
  queries.clear()
  void router.navigate({ to: '/sign-in', search: { to: href } })
})

// After an upgrade the chunks of the old page are gone: the new page is fetched, once in a while at most.
addEventListener('vite:preloadError', (event) => {
  const key = 'crosstie.reloaded'
  if (Date.now() - Number(sessionStorage.getItem(key)) < 60_000) return
  event.preventDefault()
  sessionStorage.setItem(key, String(Date.now()))
  location.reload()
})

const scheme = localStorageColorSchemeManager({ key: 'crosstie.scheme' })

const element = document.getElementById('root')
if (element === null) throw new Error('index.html has no #root')

await startLanguage()
createRoot(element).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={scheme}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
      <Suspense fallback={null}>
        <ToastCorner />
      </Suspense>
    </MantineProvider>
  </StrictMode>,
)
