# install.mk - the library where a system's tools look for it. Read after the Makefile.

# PREFIX=    ## where install puts things: PREFIX=/usr; LIBDIR= INCLUDEDIR= MANDIR= name parts of it anew
# DESTDIR=   ## a folder that stands for the root, to make a package from
PREFIX     ?= /usr/local
DESTDIR    ?=
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR     ?= $(PREFIX)/share/man

quoted   = '$(subst ','\'',$1)'
LIBEDDY := $(BUILD)/stage-$(NEWEST)/libeddy.a $(BUILD)/stage-$(NEWEST)/libeddy.so
places   = $(foreach p,DESTDIR PREFIX LIBDIR INCLUDEDIR MANDIR,$p=$(call quoted,$($p)))

## For maintainers
.PHONY: install uninstall manual
install: $(LIBEDDY) ##          library, headers, manual pages, pkg-config file: install PREFIX=/usr/local
	@BUILD=$(BUILD) VERSION=$(VERSION) SONAME=$(SONAME) NEWEST=$(NEWEST) $(places) \
		sh tests/install/install.sh $(STAGES:%=lib/%)
uninstall: ##        take away what install has put there
	@$(places) sh tests/install/uninstall.sh
manual: ##           the manual pages, from the headers' comments: man -M build/manual eddy_loop
	@sh tests/install/manual.sh $(BUILD)/manual $(VERSION) $(STAGES:%=lib/%)
