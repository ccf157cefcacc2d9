/* A program that is run with this library forgets to wait for the disk: LD_PRELOAD=forgetful.so.
 *
 *   FORGETFUL=never   fsync and fdatasync do nothing
 *   FORGETFUL=late    they return at once, and what they should have done is done beside: the disk is late by one flush
 *
 * It shows that a test of lost power would notice.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *sync_later(void *argument)
{
	int fd = (int)(intptr_t)argument;
	syscall(SYS_fdatasync, fd);
	syscall(SYS_close, fd);
	return NULL;
}

static int forget(int fd)
{
	const char *how = getenv("FORGETFUL");
	pthread_t thread;
	int again;
	if (!how || strcmp(how, "late") != 0)
		return 0;
	again = dup(fd);
	if (again < 0)
		return -1;
	if (pthread_create(&thread, NULL, sync_later, (void *)(intptr_t)again) == 0)
		pthread_detach(thread);
	else
		close(again);
	return 0;
}

int fsync(int fd)
{
	return forget(fd);
}

int fdatasync(int fd)
{
	return forget(fd);
}
