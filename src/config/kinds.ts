/** What an option may be, and what it is when it is not chosen. */
export interface Kind<Value> {
  readonly accepts: (value: unknown) => boolean
  readonly default: Value
}

/** One of a few words. */
export function choice<const Word extends string>(
  words: readonly Word[],
  byDefault: NoInfer<Word>,
): Kind<Word> {
  return { accepts: (value) => words.some((word) => word === value), default: byDefault }
}

export function onOff(byDefault: boolean): Kind<boolean> {
  return { accepts: (value) => typeof value === 'boolean', default: byDefault }
}

export function number(accepts: (value: number) => boolean, byDefault: number): Kind<number> {
  return { accepts: (value) => typeof value === 'number' && accepts(value), default: byDefault }
}

/** Text that is not empty, and that fits the pattern. */
export function text(byDefault: string, pattern?: RegExp): Kind<string> {
  return { accepts: isText(pattern), default: byDefault }
}

export function optionalText(pattern?: RegExp): Kind<string | undefined> {
  return { accepts: isText(pattern), default: undefined }
}

/** None unless some are chosen. */
export function texts(pattern: RegExp): Kind<readonly string[]> {
  return { accepts: (value) => Array.isArray(value) && value.every(isText(pattern)), default: [] }
}

/** A URL of HTTP or HTTPS that fits the pattern too. */
export function optionalUrl(pattern?: RegExp): Kind<string | undefined> {
  const [isHttp, fits] = [isText(/^https?:\/\//i), isText(pattern)]
  return {
    accepts: (value) => isHttp(value) && fits(value) && URL.canParse(value as string),
    default: undefined,
  }
}

function isText(pattern = /./s): (value: unknown) => boolean {
  return (value) => typeof value === 'string' && pattern.test(value)
}
