import { ActionIcon, Menu } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import {
  type Application,
  changeApplication,
  deleteApplication,
  rotateApplication,
} from '../api/applications.ts'
import { ConfirmDialog } from '../ui/confirm-dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { say } from '../ui/toast.ts'

interface ApplicationActionsProps {
  application: Application
  onSecret: (secret: { name: string; secret: string }) => void
}

/** A new secret, off and on, away. */
export function ApplicationActions({ application, onSecret }: ApplicationActionsProps) {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const [asking, setAsking] = useState<'rotate' | 'toggle' | 'delete' | null>(null)
  const { id, name, status } = application
  const enabled = status !== 'disabled'
  const refresh = () => queries.invalidateQueries({ queryKey: ['applications'] })
  const close = () => setAsking(null)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size={30} aria-label={t('common.actionsOf', { name })}>
            <Icon name="more" size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Icon name="retry" />} onClick={() => setAsking('rotate')}>
            {t('application.rotate')}
          </Menu.Item>
          <Menu.Item
            leftSection={<Icon name={enabled ? 'stop' : 'run'} />}
            onClick={() => setAsking('toggle')}
          >
            {enabled ? t('application.disable') : t('application.enable')}
          </Menu.Item>
          <Menu.Item leftSection={<Icon name="trash" />} onClick={() => setAsking('delete')}>
            {t('common.delete')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asking === 'rotate' && (
        <ConfirmDialog
          title={t('application.rotateTitle', { name })}
          action={t('application.rotate')}
          danger={false}
          onConfirm={async () => {
            const { secret } = await rotateApplication(id)
            onSecret({ name, secret })
          }}
          onClose={close}
        >
          {t('application.rotateWords')}
        </ConfirmDialog>
      )}
      {asking === 'toggle' && (
        <ConfirmDialog
          title={enabled ? t('application.disableTitle', { name }) : t('application.enableTitle', { name })}
          action={enabled ? t('application.disable') : t('application.enable')}
          danger={enabled}
          onConfirm={async () => {
            await changeApplication(id, { status: enabled ? 'disabled' : 'enabled' })
            await refresh()
          }}
          onClose={close}
        >
          {enabled ? t('application.disableWords') : t('application.enableWords')}
        </ConfirmDialog>
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          title={t('application.removeTitle', { name })}
          action={t('application.removeAction')}
          onConfirm={async () => {
            await deleteApplication(id)
            await refresh()
            say(t('application.removed', { name }))
          }}
          onClose={close}
        >
          {t('application.removeWords')}
        </ConfirmDialog>
      )}
    </>
  )
}
