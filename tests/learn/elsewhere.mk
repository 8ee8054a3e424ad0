# elsewhere.mk - what `make learn` says in a folder of the tree. A make looks for a Makefile only where it
# is typed; so the folders in which a learner stands have one that includes this, and no more.
TOP := $(realpath $(dir $(lastword $(MAKEFILE_LIST)))../..)

.PHONY: learn
learn:
.DEFAULT learn:
	@echo "This is $(CURDIR:$(TOP)/%=%). Type it at the top:  cd $(TOP) && make $@"; exit 1
