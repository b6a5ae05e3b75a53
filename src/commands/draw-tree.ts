/** A manifest as a tree shows it. */
export interface TreeNode {
  /** Its digest: what tells whether it was drawn before. */
  readonly key: string
  /** Columns behind the name: type, layers and size, platform. */
  readonly details: readonly string[]
  readonly children: readonly TreeChild[]
}

export interface TreeChild {
  readonly name: string
  readonly node: TreeNode
}

interface Line {
  readonly label: string
  readonly details: readonly string[]
}

/**
 * Draws a tree with its columns aligned. What hangs in several places is drawn once whole, and then named
 * only; neither depth nor sharing costs more than the number of lines.
 */
export function drawTree(name: string, root: TreeNode): string {
  const lines: Line[] = []
  const drawn = new Set<string>()
  const stack: { name: string; node: TreeNode; branch: string; indent: string }[] = [
    { name, node: root, branch: '', indent: '' },
  ]
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { node, branch, indent } = next
    const isRepeated = drawn.has(node.key) && node.children.length > 0
    drawn.add(node.key)
    lines.push({
      label: `${branch}${next.name}`,
      details: isRepeated ? [...node.details, '(drawn above)'] : node.details,
    })
    if (isRepeated) continue
    const { children } = node
    for (let index = children.length - 1; index >= 0; index -= 1) {
      const isLast = index === children.length - 1
      const child = children[index] as TreeChild
      stack.push({
        ...child,
        branch: `${indent}${isLast ? '└─ ' : '├─ '}`,
        indent: `${indent}${isLast ? '   ' : '│  '}`,
      })
    }
  }
  return format(lines)
}

/** Beyond this a label does not push the columns of all other lines aside: chains can be very deep. */
const MAX_LABEL_COLUMN = 60

function format(lines: readonly Line[]): string {
  const widths: number[] = []
  const rows = lines.map(({ label, details }) => [label, ...details].map(visible))
  for (const row of rows)
    for (const [column, text] of row.entries())
      if (column > 0 || text.length <= MAX_LABEL_COLUMN)
        widths[column] = Math.max(widths[column] ?? 0, text.length)
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n')
}

/** Types come from manifests of anybody's: nothing in them may steer the terminal, or turn the text around. */
function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** Bytes for people, in powers of 1000: `1.1 kB`. */
export function formatSize(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`
}
