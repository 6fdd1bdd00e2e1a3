/** The mark: two rails and the three ties that hold them together. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 32 32"
      fill="none"
      stroke="currentColor"
      strokeWidth="2.4"
      strokeLinecap="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d="M10.2 1.8v28.4M21.8 1.8v28.4" />
      <path d="M3.6 7.4h24.8M3.6 16h24.8M3.6 24.6h24.8" strokeWidth="4.4" strokeLinecap="butt" />
    </svg>
  )
}
