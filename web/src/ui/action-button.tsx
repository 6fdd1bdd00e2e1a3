import { Button, Tooltip, type ButtonProps } from '@mantine/core'
import { type MouseEvent, type ReactNode, useId } from 'react'
import { Icon, type IconName } from './icon.tsx'

interface ActionButtonProps extends Omit<ButtonProps, 'leftSection' | 'disabled'> {
  children: ReactNode
  icon?: IconName
  /** Why it cannot be pressed now, in words. Shown on hover and focus, and read out. */
  whyNot?: string | undefined
  onClick?: ((event: MouseEvent<HTMLButtonElement>) => void) | undefined
  type?: 'button' | 'submit'
}

/** A button that says why when it does nothing: it stays in the tab order, so that the reason can be read. */
export function ActionButton({
  children,
  icon,
  whyNot,
  onClick,
  type = 'button',
  ...rest
}: ActionButtonProps) {
  const reasonId = useId()
  const blocked = whyNot !== undefined
  const button = (
    <Button
      variant="default"
      {...rest}
      type={blocked ? 'button' : type}
      leftSection={icon === undefined ? undefined : <Icon name={icon} />}
      aria-disabled={blocked || undefined}
      {...(blocked && { 'data-disabled': true })}
      aria-describedby={blocked ? reasonId : undefined}
      onClick={blocked ? (event: MouseEvent) => event.preventDefault() : onClick}
    >
      {children}
    </Button>
  )
  if (!blocked) return button
  return (
    <>
      <Tooltip label={whyNot}>{button}</Tooltip>
      <span id={reasonId} className="visually-hidden">
        {whyNot}
      </span>
    </>
  )
}
