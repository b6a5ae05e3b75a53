const DURATION =
  /^P(?!$)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?!$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/**
 * The moment that lies a duration of ISO 8601 (`P30D`, `PT12H`, `P1Y2M`) after another, years and months by
 * the calendar of UTC, to the last day of a month that is shorter; undefined when `text` is no duration.
 *
 * @param from epoch milliseconds
 */
export function addDuration(from: number, text: string): number | undefined {
  const match = DURATION.exec(text)
  if (!match) return undefined
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0))
  const date = new Date(from)
  const day = date.getUTCDate()
  date.setUTCFullYear(date.getUTCFullYear() + years, date.getUTCMonth() + months)
  if (date.getUTCDate() !== day) date.setUTCDate(0)
  const rest = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
  const sum = date.getTime() + Math.round(rest * 1000)
  return Number.isNaN(new Date(sum).getTime()) ? undefined : sum
}
