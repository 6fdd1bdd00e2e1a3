/** The mark: two rails and the three ties that hold them together. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 32 32"
      fill="none"
      stroke="currentColor"
      strokeWidth="3.4"
      strokeLinecap="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d="M11 2.5v27M21 2.5v27" />
      <path d="M3.5 8h25M3.5 16h25M3.5 24h25" />
    </svg>
  )
}
