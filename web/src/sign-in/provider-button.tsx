import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'

/** Leaves the page for the provider, which leads back to `to`. */
export function ProviderButton({ name, to }: { name: string; to: string }) {
  const { t } = useTranslation()
  return (
    <Button component="a" href={`/v1/auth/login?next=${encodeURIComponent(to)}`} variant="default" fullWidth>
      {t('signIn.by', { name })}
    </Button>
  )
}
