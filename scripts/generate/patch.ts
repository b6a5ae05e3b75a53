/** The part of RFC 6902 that an overlay needs. */
export type PatchOperation =
  | { op: 'add' | 'replace'; path: string; value: unknown }
  | { op: 'remove'; path: string }

/**
 * Changes `document` as the patch says (RFC 6902, `add`, `replace`, `remove`). A `replace` or `remove` of
 * what is not there, and an `add` under a missing parent, throw: the model has moved on and the patch has to.
 */
export function applyPatch(document: unknown, patch: PatchOperation[]): void {
  for (const step of patch) {
    const keys = step.path.split('/').slice(1)
    const names = keys.map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = names.pop()
    const parent = names.reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], document)
    if (last === undefined || typeof parent !== 'object' || parent === null) {
      throw new Error(`patch: nothing at ${step.path}`)
    }
    const at = parent as Record<string, unknown>
    if (step.op !== 'add' && !(last in at)) throw new Error(`patch: nothing at ${step.path} to ${step.op}`)

    if (!Array.isArray(parent)) {
      if (step.op === 'remove') delete at[last]
      else at[last] = structuredClone(step.value)
      continue
    }
    const index = last === '-' ? parent.length : Number(last)
    if (step.op === 'remove') parent.splice(index, 1)
    else parent.splice(index, step.op === 'add' ? 0 : 1, structuredClone(step.value))
  }
}
