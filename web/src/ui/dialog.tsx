import { Modal } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import classes from './dialog.module.css'

interface DialogProps {
  title: string
  onClose: () => void
  children: ReactNode
  /** `false`: only a button inside ends it; neither Escape nor a click beside it does. */
  dismissible?: boolean
  /** For text that is better not folded. */
  wide?: boolean
}

/** A dialog over the page. Made of Mantine's parts, since its whole has a second page header in it. */
export function Dialog({ title, onClose, children, dismissible = true, wide = false }: DialogProps) {
  const { t } = useTranslation()
  return (
    <Modal.Root
      opened
      onClose={onClose}
      centered
      size={wide ? 'xl' : 'md'}
      closeOnClickOutside={dismissible}
      closeOnEscape={dismissible}
    >
      <Modal.Overlay backgroundOpacity={0.45} />
      <Modal.Content radius="md">
        <div className={classes.head}>
          <Modal.Title className={classes.title}>{title}</Modal.Title>
          {dismissible && <Modal.CloseButton aria-label={t('common.close')} />}
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}
