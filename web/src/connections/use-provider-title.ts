import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { providersQuery } from '../api/connections.ts'
import { hubWords } from '../ui/hub-words.ts'

/** A type's name for people: the catalogue's, else the provider's own, else the type itself. */
export function useProviderTitle(): (type: string) => string {
  const { t, i18n } = useTranslation()
  const providers = useQuery(providersQuery).data
  return (type) => {
    const key = `provider.${type}`
    // The key is made of data; whether it is in the catalogue is asked first.
    if (i18n.exists(key)) return t(key as 'provider.postgres')
    return hubWords(providers?.find(({ provider }) => provider === type)?.title ?? type)
  }
}
