import { Button, Menu, useMantineColorScheme } from '@mantine/core'
import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { meQuery, signOut } from '../api/session.ts'
import { Icon } from '../ui/icon.tsx'
import { viewAs } from '../api/view-as.ts'
import { changeLanguage, type Language, LANGUAGES } from '../ui/language.ts'
import { ViewAsItems } from './view-as-items.tsx'

const SCHEMES = [
  ['light', 'sun'],
  ['dark', 'moon'],
  ['auto', 'screen'],
] as const

/** Oneself: account, looks, language, help, the way out. */
export function MeMenu({ onHelp }: { onHelp: () => void }) {
  const { t, i18n } = useTranslation()
  const me = useSuspenseQuery(meQuery).data
  const navigate = useNavigate()
  const queries = useQueryClient()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const leave = async () => {
    await signOut().catch(() => undefined)
    viewAs.set(null)
    queries.clear()
    await navigate({ to: '/sign-in', search: {} })
  }
  const chosen = (yes: boolean) => (yes ? <Icon name="check" size={14} /> : undefined)
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="xs"
          px={8}
          aria-label={t('frame.me', { name: me.username })}
        >
          <Icon name="users" size={18} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{me.display_name || me.username}</Menu.Label>
        <Menu.Item leftSection={<Icon name="users" />} onClick={() => void navigate({ to: '/me' })}>
          {t('nav.me')}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="keyboard" />} onClick={onHelp}>
          {t('keys.title')}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="terminal" />} component="a" href="/docs" target="_blank">
          {t('frame.apiDocs')}
        </Menu.Item>
        <ViewAsItems />
        <Menu.Divider />
        <Menu.Label>{t('frame.scheme')}</Menu.Label>
        {SCHEMES.map(([scheme, icon]) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon name={icon} />}
            rightSection={chosen(colorScheme === scheme)}
            aria-current={colorScheme === scheme || undefined}
            onClick={() => setColorScheme(scheme)}
          >
            {t(`scheme.${scheme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t('frame.language')}</Menu.Label>
        {Object.entries(LANGUAGES).map(([language, name]) => (
          <Menu.Item
            key={language}
            lang={language}
            leftSection={<Icon name="language" />}
            rightSection={chosen(i18n.language === language)}
            aria-current={i18n.language === language || undefined}
            onClick={() => void changeLanguage(language as Language)} // the keys of LANGUAGES
          >
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="signOut" />} onClick={() => void leave()}>
          {t('frame.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
