import type { Digest } from '../rules/digest.ts'
import type { Decision } from './evaluate.ts'
import type { Rule } from './policy.ts'
import type { Candidate } from './selection.ts'

/** A decision to act. */
export interface Act<Image extends Candidate = Candidate> {
  readonly image: Image
  readonly rule: Rule
}

export interface Plan<Image extends Candidate = Candidate> {
  /** Every index before the images that it names. */
  readonly acts: readonly Act<Image>[]
  /** What can't be done, as indexes that stay name the image. */
  readonly refused: readonly (Act<Image> & { readonly parents: readonly Digest[] })[]
}

/**
 * The order in which to act on images: none before an index that names it (ECR user guide: what an index refers to
 * can't be expired or archived before the index).
 *
 * @param decisions over all images of a repository
 */
export function planActs<Image extends Candidate>(decisions: readonly Decision<Image>[]): Plan<Image> {
  const waiting = new Map<Digest, Act<Image>>()
  const archived = new Set<Digest>()
  for (const { image, rule, acts } of decisions) {
    if (image.status === 'ARCHIVED') archived.add(image.digest)
    if (rule && acts) waiting.set(image.digest, { image, rule })
  }
  const childrenOf = new Map<Digest, Act<Image>[]>()
  const openParents = new Map<Act<Image>, number>()
  for (const act of waiting.values()) {
    const open = act.image.parents.filter((parent) => waiting.has(parent))
    openParents.set(act, open.length)
    for (const parent of open) {
      const children = childrenOf.get(parent)
      if (children) children.push(act)
      else childrenOf.set(parent, [act])
    }
  }

  const acts: Act<Image>[] = []
  const refused: Plan<Image>['refused'][number][] = []
  const done = new Map<Digest, Rule['action']['type']>()
  const ready = [...openParents].filter(([, open]) => open === 0).map(([act]) => act)
  for (const act of ready) {
    const { image, rule } = act
    const isFree = (parent: Digest): boolean =>
      done.get(parent) === 'expire' ||
      (rule.action.type === 'transition' && (done.has(parent) || archived.has(parent)))
    const parents = image.parents.filter((parent) => !isFree(parent))
    if (parents.length > 0) {
      refused.push({ ...act, parents })
    } else {
      acts.push(act)
      done.set(image.digest, rule.action.type)
    }
    for (const child of childrenOf.get(image.digest) ?? []) {
      const open = (openParents.get(child) ?? 0) - 1
      openParents.set(child, open)
      if (open === 0) ready.push(child)
    }
  }
  return { acts, refused }
}
