import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Dialog } from './dialog.tsx'
import { CodeBlock } from './code-block.tsx'
import { Notice } from './notice.tsx'

interface SecretOnceProps {
  title: string
  secret: string
  onClose: () => void
}

/** A secret on the one occasion that it can be seen. A click beside the dialog does not lose it. */
export function SecretOnce({ title, secret, onClose }: SecretOnceProps) {
  const { t } = useTranslation()
  return (
    <Dialog title={title} onClose={onClose} dismissible={false}>
      <div className="stack">
        <Notice tone="attention">{t('application.once')}</Notice>
        <CodeBlock label={t('application.secret')} text={secret} />
        <Button onClick={onClose}>{t('application.kept')}</Button>
      </div>
    </Dialog>
  )
}
