/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _NATIVE_KUNIT_STATIC_STUB_H
#define _NATIVE_KUNIT_STATIC_STUB_H

#define KUNIT_STATIC_STUB_REDIRECT(function, args...)	do { } while (0)

#endif /* _NATIVE_KUNIT_STATIC_STUB_H */
