"""The wheel: the generated wrapper, our guard, judge, look at dialogs, ears and clock, linked with the static PJSIP libraries.

`build` compiles the wrapper itself (one file, 170 000 lines: it starts early and runs beside the libraries) and hands
over PJSIP's own flags in PJ_CFLAGS, PJ_LDFLAGS and PJ_LIBS.
"""

import os

from setuptools import Extension, setup


def flags(name: str) -> list[str]:
    """The words of one of the variables that `build` exports."""
    return os.environ[name].split()


setup(
    name="pjsua2",
    version="2.17",
    description="PJSIP's Python binding, sized for a park box, with a door, open dialogs and ears for keys",
    license="GPL-2.0-or-later",
    py_modules=["pjsua2"],
    ext_modules=[
        Extension(
            "_pjsua2",
            sources=["guard.c", "judge.c", "dialog.c", "digits.c", "dtmf.c", "clock.c"],
            extra_objects=["pjsua2_wrap.o"],
            extra_compile_args=[*flags("PJ_CFLAGS"), "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra"],
            extra_link_args=flags("PJ_LDFLAGS"),
            libraries=flags("PJ_LIBS"),
            language="c++",
        ),
    ],
)
