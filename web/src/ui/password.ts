/** The hub's only rule for passwords. */
export const isPassword = (text: string): boolean => text.length >= 8 && text.length <= 1024
