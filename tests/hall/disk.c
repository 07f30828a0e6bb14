/* A disk below SQLite and PostgreSQL, loaded by LD_PRELOAD. For files whose path begins with DISK_WATCH it writes down
   each write, truncation and flush in DISK_LOG, in their order and with the time of a clock that nobody sets, so that a
   power cut at any moment can be made from it afterwards: what no finished flush covers may be lost (disk.py). While
   the file DISK_FULL exists, such files cannot grow, as on a disk without room. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct line { int64_t at, offset, length; char what[8], name[40]; };

static const char *watched(int fd, char *path) {
  char link[40];
  const char *from = getenv("DISK_WATCH");
  if (!from) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, 511);
  if (n < 0) return 0;
  path[n] = 0;
  if (strncmp(path, from, strlen(from)) || strstr(path, "-shm")) return 0;
  const char *slash = strrchr(path, '/');
  return slash + 1;
}

static int no_room(int fd, int64_t end) {
  struct stat file;
  const char *flag = getenv("DISK_FULL");
  return flag && !access(flag, F_OK) && !fstat(fd, &file) && end > file.st_size;
}

static void note(const char *what, const char *name, int64_t offset, const void *data, int64_t length) {
  static int log = -1;
  if (!getenv("DISK_LOG")) return;
  if (log < 0) log = open(getenv("DISK_LOG"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  struct line line = {now.tv_sec * 1000000000LL + now.tv_nsec, offset, length, "", ""};
  strncpy(line.what, what, 7);
  strncpy(line.name, name, 39);
  struct iovec parts[2] = {{&line, sizeof line}, {(void *)data, data ? length : 0}};
  if (writev(log, parts, data ? 2 : 1) < 0) abort();
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define PWRITE(NAME, OFF) ssize_t NAME(int fd, const void *data, size_t n, OFF at) { \
  REAL(NAME); char path[512]; const char *name = watched(fd, path); \
  if (name && no_room(fd, at + n)) { errno = ENOSPC; return -1; } \
  ssize_t done = real(fd, data, n, at); \
  if (name && done > 0) note("write", name, at, data, done); \
  return done; }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

/* Only PostgreSQL writes so, of which no power cut is made. */
#define PWRITEV(NAME, OFF) ssize_t NAME(int fd, const struct iovec *parts, int count, OFF at) { \
  REAL(NAME); char path[512]; int64_t end = at; \
  for (int i = 0; i < count; i++) end += parts[i].iov_len; \
  if (watched(fd, path) && no_room(fd, end)) { errno = ENOSPC; return -1; } \
  return real(fd, parts, count, at); }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

#define TRUNCATE(NAME, OFF) int NAME(int fd, OFF n) { \
  REAL(NAME); char path[512]; const char *name = watched(fd, path); \
  if (name && no_room(fd, n)) { errno = ENOSPC; return -1; } \
  int failed = real(fd, n); \
  if (name && !failed) note("cut", name, 0, 0, n); \
  return failed; }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

#define FLUSH(NAME) int NAME(int fd) { \
  REAL(NAME); char path[512]; const char *name = watched(fd, path); \
  if (name) note("flush", name, 0, 0, gettid()); \
  int failed = real(fd); \
  if (name && !failed) note("flushed", name, 0, 0, gettid()); \
  return failed; }
FLUSH(fsync)
FLUSH(fdatasync)

#define FALLOCATE(NAME, OFF) int NAME(int fd, OFF at, OFF n) { \
  REAL(NAME); char path[512]; \
  if (watched(fd, path) && no_room(fd, at + n)) return ENOSPC; \
  return real(fd, at, n); }
FALLOCATE(posix_fallocate, off_t)
FALLOCATE(posix_fallocate64, off64_t)
