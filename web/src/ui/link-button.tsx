import { Button, type ButtonProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, Ref } from 'react'
import { ActionButton } from './action-button.tsx'
import { Icon, type IconName } from './icon.tsx'

type AnchorButtonProps = Omit<ButtonProps, 'leftSection'> &
  Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps> & {
    icon?: IconName
    whyNot?: string | undefined
    ref?: Ref<HTMLAnchorElement>
  }

function AnchorButton({ icon, whyNot, children, ...rest }: AnchorButtonProps) {
  if (whyNot !== undefined) {
    const { variant } = rest
    return (
      <ActionButton whyNot={whyNot} {...(icon && { icon })} {...(variant && { variant })}>
        {children}
      </ActionButton>
    )
  }
  const left = icon === undefined ? undefined : <Icon name={icon} />
  return (
    <Button component="a" variant="default" leftSection={left} {...rest}>
      {children}
    </Button>
  )
}

/** A link of the router that looks like a button; blocked, it says why. */
export const LinkButton = createLink(AnchorButton)
