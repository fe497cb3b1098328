/** Two arches: a gate in a gate. */
export const Logo = ({ className }: { className?: string }) => (
  <svg
    className={className}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    strokeWidth="2.4"
    strokeLinecap="square"
    aria-hidden="true"
  >
    <path d="M4 21V11a8 8 0 0 1 16 0v10" />
    <path d="M9 21v-9a3 3 0 0 1 6 0v9" strokeWidth="1.8" />
  </svg>
);
