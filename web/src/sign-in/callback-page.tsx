import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { finishSignIn, methodsQuery } from '../api/session.ts'
import { EntryCard } from '../ui/entry-card.tsx'
import { Notice } from '../ui/notice.tsx'
import { Failure, Loading } from '../ui/page-state.tsx'
import { arrival } from './arrival.ts'
import { ProviderButton } from './provider-button.tsx'
import { returnPath } from './return-path.ts'

/** Where the provider sends people back to: the hub is told, and one goes on to where one was going. */
export function CallbackPage() {
  const { t } = useTranslation()
  const router = useRouter()
  const queries = useQueryClient()
  const isRefused = arrival.get('code') === null
  // Once only, also where React draws twice: a code is good for one time.
  const back = useQuery({
    queryKey: ['sign-in', arrival.get('state')],
    queryFn: async () => ({ next: await finishSignIn(arrival) }),
    enabled: !isRefused,
    retry: false,
    staleTime: Infinity,
    gcTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
  useEffect(() => {
    document.title = `${t('signIn.title')} · Crosstie`
  }, [t])
  useEffect(() => {
    if (back.data === undefined) return
    queries.removeQueries({ queryKey: ['me'] })
    queries.removeQueries({ queryKey: ['groups'] })
    router.history.replace(returnPath(back.data.next))
  }, [back.data, queries, router])
  if (!isRefused && back.error === null) {
    return (
      <EntryCard title={t('signIn.comingBack')}>
        <Loading lines={2} />
      </EntryCard>
    )
  }
  return (
    <EntryCard title={t('signIn.notSignedIn')}>
      {isRefused ? (
        <Notice tone="attention" live>
          {t(arrival.get('error') === 'access_denied' ? 'signIn.declined' : 'signIn.refused')}
        </Notice>
      ) : (
        <Failure error={back.error} titled={false} />
      )}
      <Again />
    </EntryCard>
  )
}

function Again() {
  const { t } = useTranslation()
  const methods = useQuery(methodsQuery).data
  return (
    <>
      {methods !== undefined && methods.oidc_name !== null && (
        <ProviderButton name={methods.oidc_name} to="/" />
      )}
      <Link to="/sign-in">{t('signIn.otherWay')}</Link>
    </>
  )
}
