/** A value of the query protocol: texts, and what dotted names make of them. */
export type QueryValue = string | QueryValue[] | { [member: string]: QueryValue }

/** Deeper names and longer lists than any input of AWS has are not followed. */
const MAX_DEPTH = 8
const MAX_ITEMS = 1000

/**
 * The parameters of a form, with `Tags.member.1.Key=a` read as a list of structures (AWS query protocol,
 * "Serialization of lists").
 */
export function decodeQuery(form: string): { [member: string]: QueryValue } {
  const root: { [member: string]: QueryValue } = Object.create(null)
  for (const [name, value] of new URLSearchParams(form)) {
    const path = name.split('.')
    if (path.length <= MAX_DEPTH) assign(root, path, value)
  }
  return root
}

function assign(into: { [member: string]: QueryValue }, [name = '', ...rest]: string[], value: string): void {
  if (rest.length === 0) {
    into[name] = value
    return
  }
  if (rest[0] === 'member') {
    const index = Number(rest[1]) - 1
    if (!Number.isInteger(index) || index < 0 || index >= MAX_ITEMS) return
    const list = Array.isArray(into[name]) ? (into[name] as QueryValue[]) : []
    into[name] = list
    if (rest.length === 2) list[index] = value
    else list[index] = assignInto(list[index], rest.slice(2), value)
    return
  }
  into[name] = assignInto(into[name], rest, value)
}

function assignInto(existing: QueryValue | undefined, path: string[], value: string): QueryValue {
  const structure: { [member: string]: QueryValue } =
    typeof existing === 'object' && !Array.isArray(existing) ? existing : Object.create(null)
  assign(structure, path, value)
  return structure
}
