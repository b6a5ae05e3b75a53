import type { LifecyclePolicy, Rule } from './policy.ts'
import {
  type Candidate,
  daysSince,
  describeMismatch,
  type Mismatch,
  mismatchOf,
  momentOf,
} from './selection.ts'

/** What a policy says of an image. */
export interface Decision<Image extends Candidate = Candidate> {
  readonly image: Image
  /** The rule that decides: the first one that selects the image. Without one the image stays. */
  readonly rule: Rule | undefined
  /** Whether the rule takes its action, or holds the image. */
  readonly acts: boolean
}

/** Work that can be left after each step, for others to have their turn, and answers at its end. */
export type Steps<Result> = Generator<undefined, Result>

/** So many images are looked at in one step: a few milliseconds. */
const STEP = 5000

/**
 * Decides over every image of a repository (ECR user guide, "Lifecycle policy evaluation rules"). Each rule is
 * evaluated over all images that it selects, also over those that another takes; then the first rule that selects
 * an image has it, whether it acts or not.
 *
 * @param now epoch milliseconds
 */
export function* evaluate<Image extends Candidate>(
  { rules }: LifecyclePolicy,
  images: readonly Image[],
  now: number,
): Steps<Decision<Image>[]> {
  const decided = new Map<Image, Decision<Image>>()
  for (const rule of rules)
    for (const { image, isMarked } of yield* standings(rule, images, now))
      if (!decided.has(image)) decided.set(image, { image, rule, acts: isMarked })
  return images.map((image) => decided.get(image) ?? { image, rule: undefined, acts: false })
}

/** How an image stands in a rule that selects it. */
interface Standing<Image> {
  readonly image: Image
  readonly isMarked: boolean
  /** From 1, youngest first, among the `of` images that the rule selects; for rules that count. */
  readonly place?: number
  readonly of?: number
}

function* standings<Image extends Candidate>(
  { selection }: Rule,
  images: readonly Image[],
  now: number,
): Steps<Standing<Image>[]> {
  const selected: Image[] = []
  for (let first = 0; first < images.length; first += STEP) {
    for (const image of images.slice(first, first + STEP))
      if (mismatchOf(selection, image) === undefined) selected.push(image)
    yield
  }
  if (selection.countType !== 'imageCountMoreThan')
    return selected.map((image) => ({
      image,
      isMarked: daysSince(momentOf(selection, image), now) > selection.countNumber,
    }))
  // Of images of the same moment the one that was pushed last is the youngest.
  const youngestFirst = selected.toSorted((one, other) => other.pushedAt - one.pushedAt || other.id - one.id)
  return youngestFirst.map((image, index) => ({
    image,
    isMarked: index >= selection.countNumber,
    place: index + 1,
    of: selected.length,
  }))
}

/** What one rule has to say of an image. */
export interface RuleVerdict {
  readonly rulePriority: number
  /** `held`: the rule would act or keep, but one before it has the image. */
  readonly verdict: 'acts' | 'keeps' | 'held' | 'notSelected'
  readonly reason: string
}

/**
 * Says, image by image, what every rule in ascending priority has to say of a decision that `evaluate` came to with the
 * same policy, images and time.
 */
export function* explainer<Image extends Candidate>(
  { rules }: LifecyclePolicy,
  images: readonly Image[],
  now: number,
): Steps<(decision: Decision<Image>) => RuleVerdict[]> {
  const judged: { rule: Rule; standingOf: Map<Image, Standing<Image>> }[] = []
  for (const rule of rules) {
    const standing = yield* standings(rule, images, now)
    judged.push({ rule, standingOf: new Map(standing.map((one) => [one.image, one])) })
  }
  return (decision) =>
    judged.map(({ rule, standingOf }) => verdictOf(rule, decision, standingOf.get(decision.image), now))
}

function verdictOf(
  rule: Rule,
  decision: Decision,
  standing: Standing<unknown> | undefined,
  now: number,
): RuleVerdict {
  const { rulePriority, selection } = rule
  const { image } = decision
  if (!standing) {
    const mismatch = mismatchOf(selection, image) as Mismatch
    return { rulePriority, verdict: 'notSelected', reason: describeMismatch(selection, image, mismatch) }
  }
  const why = describeStanding(rule, image, standing, now)
  if (decision.rule !== rule) {
    const would = standing.isMarked ? `it would ${rule.action.type} it` : 'it would keep it'
    const reason = `rule ${decision.rule?.rulePriority} comes first; ${would}: ${why}`
    return { rulePriority, verdict: 'held', reason }
  }
  return { rulePriority, verdict: decision.acts ? 'acts' : 'keeps', reason: why }
}

function describeStanding(
  { selection }: Rule,
  image: Candidate,
  { isMarked, place, of }: Standing<unknown>,
  now: number,
): string {
  const { countNumber } = selection
  if (place !== undefined) return `it is number ${place} of ${of}, youngest first, and ${countNumber} stay`
  const moment = momentOf(selection, image)
  const days = daysSince(moment, now).toFixed(1)
  return `it was ${moment.name} ${days} days ago, ${isMarked ? 'more' : 'not more'} than ${countNumber}`
}
