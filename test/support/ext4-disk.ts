import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { inFolder } from './folder.ts'

/** A small file system of its own in a file, which can go read-only or lose its power under a hub. */

export interface Ext4Disk {
  readonly path: string
  /** Every write from now on fails with EROFS, as after the kernel found an error on the disk. */
  turnReadOnly(): void
  /** Nothing from now on reaches the disk, not even what is written but not synced. */
  losePower(): void
  /** Mounts it again, healthy. Nobody may have a file open on it. */
  mountAgain(): void
}

/** `EXT4_IOC_SHUTDOWN`, and its flag to throw the kernel's journal away as well. */
const SHUTDOWN = 0x8004587d
const WITHOUT_FLUSH = 2
const SHUTDOWN_SCRIPT = `
  my $flag = pack("L", ${WITHOUT_FLUSH});
  open(my $disk, "<", $ARGV[0]) or die $!;
  ioctl($disk, ${SHUTDOWN}, $flag) or die $!;
`

/** Runs `use` with a new disk and removes it. */
export function withExt4Disk<T>(
  megabytes: number,
  use: (disk: Ext4Disk) => Promise<T>,
): Promise<T> {
  return inFolder(async (folder) => {
    const image = join(folder, 'image')
    const path = join(folder, 'disk')
    mkdirSync(path)
    const file = openSync(image, 'w')
    ftruncateSync(file, megabytes << 20)
    closeSync(file)
    run('mkfs.ext4', '-q', '-F', image)
    const mount = () => run('mount', '-o', 'loop', image, path)
    mount()
    try {
      return await use({
        path,
        turnReadOnly: () => run('mount', '-o', 'remount,abort', path),
        losePower: () => run('perl', '-e', SHUTDOWN_SCRIPT, path),
        mountAgain: () => {
          run('umount', path)
          mount()
        },
      })
    } finally {
      run('umount', '--lazy', path)
    }
  })
}

/** Why there can be no such disk on this machine, or null. */
export async function whyNoExt4Disk(): Promise<string | null> {
  try {
    await withExt4Disk(16, (disk) => {
      disk.losePower()
      disk.mountAgain()
      return Promise.resolve()
    })
    return null
  } catch (error) {
    return `no ext4 file system of its own here: ${String(error).split('\n')[0]}`
  }
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
