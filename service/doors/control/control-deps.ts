/** What the control API speaks for; the composed Gatehouse fits. */
export interface ControlDeps {
  /** What `gatehouse doctor` shows of the box; plain JSON. */
  status(): unknown;
}
